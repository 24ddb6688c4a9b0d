"""一比三率: how units did by outcomes, under which scheme, and the bulletins that say so."""
