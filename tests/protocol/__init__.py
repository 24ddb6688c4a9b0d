"""The portal over its raw protocols, in a process of its own: what a forged client can do."""
