"""Outgoing messages: urgent tasks only, nothing personal in them, delivered or seen to be stuck."""

from portal.functions.messages.model import MessageError, Sent
from portal.functions.messages.phones import keep_phone, kept_phone
from portal.functions.messages.service import Messages, check

__all__ = ["MessageError", "Messages", "Sent", "check", "keep_phone", "kept_phone"]
