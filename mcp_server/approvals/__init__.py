"""Approval by people: a call that policy lets happen only with the yes of others, bound to exactly that call."""
