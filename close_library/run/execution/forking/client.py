"""A kernel client that knows the kernel is ready from its answer, without the fixed wait for silence."""

from __future__ import annotations

import asyncio
import time
from queue import Empty

from jupyter_client.asynchronous import AsyncKernelClient  # type: ignore[attr-defined]


class PromptKernelClient(AsyncKernelClient):
    """Ready means: our own request was answered, and its end was seen on the broadcast channel."""

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        end = time.monotonic() + (60 if timeout is None else timeout)
        asked: set[str] = set()
        answered = False
        while time.monotonic() < end:
            asked.add(self.kernel_info())
            answered = answered or await self._answer()
            if answered and await self._silence_after(asked):
                return
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            await asyncio.sleep(0)
        raise RuntimeError("Kernel didn't respond in time")

    async def _answer(self) -> bool:
        try:
            message = await self.shell_channel.get_msg(timeout=0.25)
        except Empty:
            return False
        if message["msg_type"] != "kernel_info_reply":
            return False
        self._handle_kernel_info_reply(message)
        return True

    async def _silence_after(self, asked: set[str]) -> bool:
        """Whether one of our requests is over: then the channel is subscribed and nothing older is in it."""
        while True:
            try:
                message = await self.iopub_channel.get_msg(timeout=0.1)
            except Empty:
                return False
            ours = message["parent_header"].get("msg_id") in asked
            if ours and message["content"].get("execution_state") == "idle":
                return True

    wait_for_ready = _async_wait_for_ready
