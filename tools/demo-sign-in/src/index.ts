/**
 * Where people sign in on one machine: an OpenID provider (`oidc-provider`) whose people have no passwords, so that `npm start` and the tests of the console have
 * people of every role. It listens on loopback alone. It must never be what a deployment names as its issuer.
 */
export { CLIENT_ID, type SignIn, type SignInOptions, startSignIn } from './sign-in.ts';
export { DEMO_PEOPLE, type DemoPerson } from './people.ts';
