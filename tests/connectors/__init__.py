"""Tests of the connectors: converters, registry, transports, gateway and the conformance suite."""
