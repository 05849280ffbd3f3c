/** Sends a signal to a process, or to its group by the negative id. That it is gone meanwhile is what was wanted. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone.
  }
}
