export interface LoginPlan {
  readonly orgId: string;
  readonly endpointId: string;
  readonly realm: string;
  /** Which of the realm's doors. */
  readonly door: number;
  readonly store: 'ssm' | 'secrets-manager' | 'vault';
  readonly username: string;
  readonly password: string;
  /** For how long it has been the account's when the environment begins, in ms. */
  readonly ageMs: number;
  readonly mfaSeed: string | null;
  /** A second endpoint of the organization uses the same secret, through another door. */
  readonly otherDoor: number | null;
}
