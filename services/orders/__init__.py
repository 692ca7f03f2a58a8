"""What was sold: polling the marketplaces, canonical orders, one decision per line, buyers' data under seal."""
