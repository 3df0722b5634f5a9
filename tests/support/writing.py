"""Writes readings as a sensor's gateway does: again and again until they are acknowledged."""

import time

import httpx


def write_until_acknowledged(client, url, rows):
    """Sends a batch until all of it is stored; returns how many tries failed."""
    failures = 0
    while True:
        try:
            answer = client.post(url, json={"readings": rows})
        except httpx.HTTPError:
            failures += 1
        else:
            counts = answer.json() if answer.status_code == 200 else {}
            if counts.get("accepted", 0) + counts.get("duplicate", 0) == len(rows):
                return failures
            assert not counts.get("rejected"), answer.text
            assert not counts.get("conflict"), answer.text
            failures += 1
        time.sleep(0.05)
