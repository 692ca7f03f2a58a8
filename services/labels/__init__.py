"""Labels: how the parcel leaves, and telling the marketplace. Never keeps a recipient's address."""
