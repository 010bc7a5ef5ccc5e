"""What stands between an existing app and the vehicle's signals."""
