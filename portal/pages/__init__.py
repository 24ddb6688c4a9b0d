"""The pages: one module each with a ``page()``; thin, they read input, ask a function and draw."""
