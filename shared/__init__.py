"""What two or more services need today; never imports services."""
