"""A Windows job object that bounds a process and ends it with all that it starts.

Elsewhere it does nothing: there the process limits itself, and its group is ended.

References:
    Microsoft: Job Objects; JOBOBJECT_EXTENDED_LIMIT_INFORMATION.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

OWN_GROUP_FLAGS = 0
"""``creationflags`` of a process that is ended with what it starts; elsewhere it begins a session
of its own (``start_new_session``)."""
if sys.platform == "win32":
    OWN_GROUP_FLAGS = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP


class JobObject:
    """A job with one process in it.

    Args:
        process: The process, just started.
        memory_bytes: Most memory of the process and what it starts.
    """

    def __init__(self, process: subprocess.Popen[bytes], memory_bytes: int) -> None:
        self._handle = 0
        if sys.platform == "win32":
            with contextlib.suppress(OSError, AttributeError):
                self._handle = _job_for(process, memory_bytes)

    def end(self) -> None:
        """End what is in the job; may be called again."""
        if sys.platform == "win32" and self._handle:
            import ctypes

            handle, self._handle = self._handle, 0
            ctypes.windll.kernel32.CloseHandle(ctypes.c_void_p(handle))


def end_tree(process: subprocess.Popen[bytes], job: JobObject) -> None:
    """End a process and all that it started; may be called again, and by any thread."""
    job.end()
    if sys.platform != "win32":
        # Its group carries its own id, also when it has ended and left others behind.
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _EXTENDED_LIMITS = 9
    _KILL_ON_CLOSE = 0x2000
    _JOB_MEMORY = 0x0200

    class _BasicLimits(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    def _job_for(process: subprocess.Popen[bytes], memory_bytes: int) -> int:
        """Return the handle of a new job that the process is in; 0 where there can be none."""
        kernel = ctypes.windll.kernel32
        kernel.CreateJobObjectW.restype = ctypes.c_void_p
        job = kernel.CreateJobObjectW(None, None)
        if not job:
            return 0
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _KILL_ON_CLOSE | _JOB_MEMORY
        limits.JobMemoryLimit = memory_bytes
        handle = ctypes.c_void_p(job)
        kernel.SetInformationJobObject(
            handle, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)
        )
        # The handle of the process, which subprocess keeps for itself.
        own = ctypes.c_void_p(int(process._handle))  # type: ignore[attr-defined]  # noqa: SLF001
        if not kernel.AssignProcessToJobObject(handle, own):
            kernel.CloseHandle(handle)
            return 0
        return int(job)
