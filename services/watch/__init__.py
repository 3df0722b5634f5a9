"""What `montrg watch` shows: what is known of places and alerts, the streams that tell it, and the screen."""
