/**
 * Where people sign in on one machine: an OpenID provider (`oidc-provider`) whose people have no passwords, so that `npm start` and the tests of the console have
 * people of every role, and services their tokens. It listens on loopback alone; in
 * docker compose in a container whose port is published there. It must never be what a deployment names as its issuer.
 */
export { API_AUDIENCE, CLIENT_ID, type DemoService, type SignIn, type SignInOptions, startSignIn } from './sign-in.ts';
export { DEMO_PEOPLE, type DemoPerson, demoRoles } from './people.ts';
