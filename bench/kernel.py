"""Starts the kernel and imports the library in its first cell; prints the milliseconds that each took as JSON."""

import json
import subprocess
import time

from jupyter_client.manager import KernelManager


def main():
    start = time.perf_counter()
    manager = KernelManager(kernel_name="dosmith")
    manager.start_kernel(stdout=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        ready = time.perf_counter()
        client.execute_interactive('import * as dosmith from "dosmith";', timeout=120)
        imported = time.perf_counter()
        print(json.dumps({"readyMs": 1000 * (ready - start), "importMs": 1000 * (imported - ready)}))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


main()
