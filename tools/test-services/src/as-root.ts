/** What an app must be told where a test's own process is root, as in most containers: nothing elsewhere. */
export const asRoot = (): Readonly<Record<string, string>> => (process.getuid?.() === 0 ? { RCM_ALLOW_ROOT: 'yes', RCM_BROWSER_SANDBOX: 'off' } : {});
