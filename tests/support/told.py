"""Looks for what a log must not tell in whatever a mesh has written."""

import json

# Words that stand nowhere else: a name, a note, a mail address, the secret part of a webhook's address.
NAME, NOTE, MAIL, PATH = "Zebedee-Quill", "note-kx31", "zq@post-kx32.example", "path-kx33"


def lines(folder):
    """Every line of every log, by the file's name; PostgreSQL's are its own."""
    return {file.name: file.read_text().splitlines() for file in sorted(folder.glob("*.log"))}


def records(folder, service):
    """The lines of a service's process as what they tell; those of gRPC's C library are its own."""
    return [json.loads(line) for line in lines(folder)[f"{service}.log"] if line.startswith("{")]


def told_words(folder, *secrets):
    """Which of the words, and of these, stand in which log."""
    words = (NAME, NOTE, MAIL, MAIL.partition("@")[2], PATH, *secrets)
    return [(name, word) for name, text in lines(folder).items() for word in words if word in "\n".join(text)]
