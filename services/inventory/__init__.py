"""Inventory: how many units are left, what is held for which order, and why. Never talks to a marketplace."""
