/**
 * Sends a signal to a process, or to its group by the negative id. That it is gone meanwhile is what was wanted; one that could not be started has the id 0, which would be
 * our own group.
 */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(pid, signal);
  } catch {
    // Gone.
  }
}
