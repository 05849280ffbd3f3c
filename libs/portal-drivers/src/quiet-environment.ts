/**
 * Switches that make Playwright, or a library that it brings, write down what is typed (`DEBUG`, whatever it names: namespaces match by
 * prefix and wildcard), open an inspector, or drive a browser somewhere else. Where its own browsers lie may be said.
 */
const SWITCHES = /^(DEBUG(_\w+)?|SELENIUM_REMOTE_\w+|PW(_|DEBUG|TEST|MCP)\w*|PLAYWRIGHT_(?!BROWSERS_PATH$|DOWNLOAD_|SKIP_BROWSER_)\w+)$/;

for (const name of Object.keys(process.env)) if (SWITCHES.test(name)) Reflect.deleteProperty(process.env, name);
