"""The whole product, as processes on real servers, with the sandbox as its far sides."""
