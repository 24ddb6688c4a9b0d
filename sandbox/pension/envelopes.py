"""The envelopes of the pension system: its namespace, answers in GBK."""

from __future__ import annotations

from sandbox.kit.envelopes import BrokenRequest, Call, Envelopes

OWN = Envelopes(namespace="urn:cxjmyl:query:v1", charset="GBK")
read_call, answer, fault, in_utf8 = OWN.read, OWN.answer, OWN.fault, OWN.wrongly

__all__ = ["OWN", "BrokenRequest", "Call", "answer", "fault", "in_utf8", "read_call"]
