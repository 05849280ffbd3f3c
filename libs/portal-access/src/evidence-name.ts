export interface EvidenceNameParts {
  readonly at: Date;
  /** A valid id. */
  readonly endpointId: string;
  readonly act: string;
  readonly ended: string;
}

/** `20261125T110723123Z-alpine-1-login-unknown`: sorts by time, and holds nothing that a page or a person wrote. */
export function evidenceName({ at, endpointId, act, ended }: EvidenceNameParts): string {
  return [at.toISOString().replace(/[-:.]/g, ''), endpointId, plain(act), plain(ended)].join('-');
}

/** When a file of the folder was taken, ms since 1970; `null` for what is not evidence. A `.part` is one that is being written, or was when its process died. */
export function evidenceTime(file: string): number | null {
  const [, year, month, day, hour, minute, second, ms] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[A-Za-z0-9_-]+\.(?:json|png)(?:\.part)?$/.exec(file) ?? [];
  if (year === undefined) return null;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(time) ? null : time;
}

/** A task's name comes from a recipe: whatever could be a path goes. */
const plain = (text: string): string => text.replace(/[^A-Za-z0-9_]+/g, '-').slice(0, 60);
