"""What stands between the network and Streamlit: small guards, each closing one measured hole.

Every guard is a plain ASGI middleware in its own module; ``stack`` puts them in order. A guard
knows nothing of pages or functions: what it needs (who is signed in, which paths exist) is handed
to it.
"""
