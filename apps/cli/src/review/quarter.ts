/** Three months, in UTC. */
export interface Quarter {
  /** `2026-Q3`. */
  readonly name: string;
  readonly from: Date;
  readonly until: Date;
}

/** Of a checked name. */
export function quarterNamed(name: string): Quarter {
  const [year = '', number = ''] = name.split('-Q');
  const month = (Number(number) - 1) * 3;
  return { name, from: new Date(Date.UTC(Number(year), month)), until: new Date(Date.UTC(Number(year), month + 3)) };
}

/** The last one that is over. */
export function lastQuarter(now: Date): Quarter {
  const before = new Date(Date.UTC(now.getUTCFullYear(), Math.floor(now.getUTCMonth() / 3) * 3 - 1));
  return quarterNamed(`${before.getUTCFullYear()}-Q${Math.floor(before.getUTCMonth() / 3) + 1}`);
}
