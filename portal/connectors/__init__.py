"""How a business system is reached: manifests, transports and the gateway that asks them all."""
