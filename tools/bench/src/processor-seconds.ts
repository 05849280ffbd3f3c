import { readdirSync, readFileSync } from 'node:fs';

/** What the system says of one process; `null`: it is gone. */
function statOf(pid: string): { readonly parent: number; readonly ms: number } | null {
  try {
    // After the name, which may have spaces and brackets: the parent is the 2nd word, user and system time are the 12th and 13th, in hundredths of a second.
    const words =
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .split(/\) (?=[A-Z] )/)[1]
        ?.split(' ') ?? [];
    return { parent: Number(words[1]), ms: (Number(words[11]) + Number(words[12])) * 10 };
  } catch {
    return null;
  }
}

/** Time of a processor that a process has had so far, in ms. */
export const processorMs = (pid: number): number => statOf(String(pid))?.ms ?? Number.NaN;

/** The same of a Postgres server with all its backends, as a function that is asked again and again: those that have ended since stay counted as they were last seen. */
export function serverProcessor(postmaster: number): () => number {
  const seen = new Map<string, number>();
  return () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const stat = statOf(pid);
      if (stat && (stat.parent === postmaster || pid === String(postmaster))) seen.set(pid, stat.ms);
    }
    return [...seen.values()].reduce((sum, ms) => sum + ms, 0);
  };
}
