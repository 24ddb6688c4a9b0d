"""一表通: a form is registered once, arrives filled, and its answers serve the next form."""
