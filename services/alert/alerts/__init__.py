"""What can be asked of alerts, what people do about them, and the streams of those who watch them."""
