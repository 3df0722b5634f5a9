"""What location says of sensors and places, as the services that follow it know it: pure but for its client."""
