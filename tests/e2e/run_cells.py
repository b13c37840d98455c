"""Runs cells in a Jupyter kernel, as a front end does, and prints what came back as JSON.

Standard input: {"kernel": name, "cwd": folder, "together": bool, "timeout": seconds,
"cells": [{"code": ..., "interrupt": bool, "stop_on_error": bool, "ask": "complete" or "inspect", "at": column}]}. `together` sends all requests at once, like Run All
in JupyterLab; `interrupt` presses Interrupt when the cell has printed something; `ask` asks the kernel about a place in the code
instead of running it, as the Tab and Shift-Tab keys do. Standard output, one for each cell:
[{"status": ..., "seconds": ..., "messages": [{"type": ..., "content": ...}]}].
"""

import json
import subprocess
import sys
import time

from jupyter_client.manager import KernelManager


def main():
    job = json.load(sys.stdin)
    manager = KernelManager(kernel_name=job["kernel"])
    # Not our standard output: Node would make it non-blocking under our feet.
    manager.start_kernel(cwd=job["cwd"], stdout=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        json.dump(run(manager, client, job), sys.stdout)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(manager, client, job):
    cells, results, seconds = job["cells"], {}, job.get("timeout", 120)
    if job.get("together"):
        ids = [send(client, cell, results) for cell in cells]
        wait(client, results, lambda: all(done(results[i]) for i in ids), seconds)
    else:
        ids = []
        for cell in cells:
            ids.append(send(client, cell, results))
            if cell.get("interrupt"):
                wait(client, results, lambda: printed(results[ids[-1]]), seconds)
                manager.interrupt_kernel()
            wait(client, results, lambda: done(results[ids[-1]]), seconds)
    return [results[i] for i in ids]


def send(client, cell, results):
    if "ask" in cell:
        message_id = getattr(client, cell["ask"])(cell["code"], cell["at"])
    else:
        message_id = client.execute(cell["code"], stop_on_error=cell.get("stop_on_error", True))
    results[message_id] = {"status": None, "messages": [], "idle": False, "seconds": time.time()}
    return message_id


def wait(client, results, finished, seconds):
    """A cell that never finishes keeps the status None."""
    deadline = time.time() + seconds
    while time.time() < deadline and not finished():
        drain(client, results)
        time.sleep(0.01)


def printed(result):
    return any(message["type"] == "stream" for message in result["messages"])


def done(result):
    return result["status"] is not None and result["idle"]


def drain(client, results):
    for channel in (client.iopub_channel, client.shell_channel):
        while channel.msg_ready():
            take(channel.get_msg(timeout=0.1), results)


def take(message, results):
    result = results.get(message["parent_header"].get("msg_id"))
    if result is None:
        return
    if message["msg_type"].endswith("_reply"):
        if message["msg_type"] != "execute_reply":
            result["messages"].append(said(message))
        result["status"] = message["content"]["status"]
        result["seconds"] = time.time() - result["seconds"]
    elif message["msg_type"] == "status":
        result["idle"] = message["content"]["execution_state"] == "idle"
    else:
        result["messages"].append(said(message))


def said(message):
    return {"type": message["msg_type"], "content": message["content"]}


main()
