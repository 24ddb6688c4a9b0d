"""Ways to a phone: one module per dialect, all of them behind one small shape."""

from portal.connectors.contract import UnknownReceiver
from portal.connectors.messaging.channel import Accepted, Channel, Outgoing, Report
from portal.connectors.messaging.open import open_channels

__all__ = ["Accepted", "Channel", "Outgoing", "Report", "UnknownReceiver", "open_channels"]
