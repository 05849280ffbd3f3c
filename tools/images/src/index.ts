/**
 * Container images of the apps. Purpose: one command that builds them, and one place that says how they are kept when they run. Threats: a page that breaks out of its renderer, an
 * app that was taken over: neither is root, writes to the disk or has a capability. It must never be imported by the product.
 */
export { confined, IMAGE_USER } from './run-arguments.ts';
