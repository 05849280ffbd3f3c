/** By itself, so that help loads none of what it imports: see the tree. */
export { checkInput } from '@rcm/telemetry/command-line';
