"""Amazon's side: the token endpoint, Seller Central's consent page and the Selling Partner API of three regions."""
