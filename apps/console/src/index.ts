/**
 * `rcm` in a browser, for people of roles that their issuer's groups give them: what the books say of the logins, and acts that leave what the command line leaves.
 *
 * Threats: a page that shows another tenant's row; a request that its person did not mean (CSRF, a frame, a link); a session that somebody else uses; a text of a
 * portal or a tenant that runs as script; this process taken over. So: rows are read under the tenant that the address names, and that the person has a role in;
 * whatever is refused is answered as what does not exist; texts are escaped by the renderer, and one script is allowed, by its address, which makes no markup; acts need the session's own token; and
 * the process can reach neither a store nor a portal: it writes rows that ask a rotator.
 * It must never: hold a secret of a portal, answer with one, or keep a session's id.
 */
export { type ConsoleConfig, readConsoleConfig } from './config.ts';
export { type ConsoleServer, startConsole } from './server.ts';
