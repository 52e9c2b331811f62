// A real OpenID Connect provider (npm oidc-provider) for the tests: whoever runs it registers clients by the protocol, and
// accounts, keys and sessions by /control, which is ours. It says READY on its first line; it ends with its standard input.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import Provider from 'oidc-provider';

const { port = 0 } = JSON.parse(process.env.IDENTITY_PROVIDER ?? '{}');
const accounts = new Map(); // login → { password, claims, userinfo, amr, acr }
let keys = []; // the newest signs
let provider;
let handle;

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' });
  return { ...jwk, use: 'sig', alg: 'RS256', kid: createHash('sha256').update(jwk.n).digest('base64url') };
}

function start(issuer) {
  provider = new Provider(issuer, {
    jwks: { keys },
    cookies: { keys: ['the cookies of a provider that only tests use'] },
    claims: {
      openid: ['sub', 'acr', 'amr'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    conformIdTokenClaims: false, // what the scopes stand for is in the identity token, too
    pkce: { required: () => true, methods: ['S256'] },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      userinfo: { enabled: true },
      jwtUserinfo: { enabled: true }, // for clients that register userinfo_signed_response_alg
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(ctx, form) { // its own pages fetch letters from elsewhere
          ctx.body = `<!doctype html><html lang="en"><title>The provider</title><h1>Sign out?</h1>${form}
<button name="logout" value="yes" form="op.logoutForm">Yes, sign me out</button></html>`;
        },
      },
    },
    renderError(ctx, out) {
      ctx.type = 'text/plain';
      ctx.body = JSON.stringify(out);
    },
    acrValues: ['urn:example:silver'],
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 3600, IdToken: 300, Interaction: 3600, Session: 3600 },
    findAccount: (_ctx, login) => accounts.has(login) && {
      accountId: login,
      claims: (use) => {
        const { claims, userinfo } = accounts.get(login);
        return use === 'userinfo' ? { ...claims, ...userinfo } : claims;
      },
    },
    async loadExistingGrant({ oidc }) { // nobody is asked for consent
      const known = oidc.session.grantIdFor(oidc.client.clientId);
      if (known) return oidc.provider.Grant.find(known);
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
  handle = provider.callback();
}

const page = (said, action) => `<!doctype html><html lang="en"><title>The provider</title><h1>The provider</h1>
<p>${said}</p><form method="post" action="${action}"><label>Login <input name="login"></label>
<label>Password <input name="password" type="password"></label><button>Go on</button></form><a href="${action}/abort">Cancel</a></html>`;

async function body(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}

async function interaction(request, response, action) {
  if (action.endsWith('/abort')) {
    const result = { error: 'access_denied', error_description: 'The person cancelled' };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  let said = '';
  if (request.method === 'POST') {
    const typed = new URLSearchParams(await body(request));
    const login = typed.get('login');
    const account = accounts.get(login);
    if (account && account.password === typed.get('password')) {
      const result = { login: { accountId: login, amr: account.amr, acr: account.acr } };
      return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    }
    said = 'That is wrong.';
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  return response.end(page(said, action));
}

async function control(request, response, issuer) {
  const told = JSON.parse(await body(request) || '{}');
  if (request.url === '/control/account') {
    accounts.set(told.login, told);
  } else if (request.url === '/control/rotate') { // the old keys are gone; whoever is signed in stays so
    keys = [newKey()];
    start(issuer);
  }
  response.end('{}');
}

const server = createServer((request, response) => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const path = request.url.split('?')[0];
  if (path === '/favicon.ico') return response.writeHead(204).end();
  const answered = path.startsWith('/interaction/') ? interaction(request, response, path)
    : path.startsWith('/control/') ? control(request, response, issuer) : handle(request, response);
  Promise.resolve(answered).catch((error) => {
    response.statusCode = 400;
    response.end(String(error));
  });
});
server.listen(port, '127.0.0.1');
await once(server, 'listening');
keys = [newKey()];
start(`http://127.0.0.1:${server.address().port}`);
console.log(`READY http://127.0.0.1:${server.address().port}`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
