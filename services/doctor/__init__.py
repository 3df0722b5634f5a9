"""What `montrg doctor` and `montrg status` tell: facts that are asked for, checks over them, and words for people."""
