/**
 * Whether a test runs in its long form (`RCM_TEST_LONG=1`): more of the same, which `npm test` on every change has no time for.
 * docs/tests.md lists what has one.
 */
export const isLongForm = (): boolean => process.env.RCM_TEST_LONG === '1';
