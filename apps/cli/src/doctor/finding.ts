/** What one look found. */
export interface Finding {
  readonly check: string;
  /** `skipped`: it could not be looked at, or is not needed here. */
  readonly state: 'ok' | 'problem' | 'skipped';
  readonly says: string;
  /** What to do about a problem. */
  readonly todo: string | null;
  /** The call or the configuration is wrong, and nothing else. */
  readonly isConfiguration?: true;
}
