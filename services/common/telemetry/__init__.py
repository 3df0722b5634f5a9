"""What a process tells about itself: figures for Prometheus."""
