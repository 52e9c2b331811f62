// Better Auth with the two-factor plugin and the same Argon2id. `FILE prepare NUMBER PASSWORD KEY` creates its users; `FILE serve PORT`.
import { createServer } from "node:http";
import { hash, verify } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { symmetricEncrypt } from "better-auth/crypto";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { twoFactor } from "better-auth/plugins";
import Database from "better-sqlite3";

const secret = "x".repeat(40);
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };
const database = new Database("db.sqlite3");
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
const [what, ...rest] = process.argv.slice(2);
const auth = betterAuth({
  database,
  secret,
  baseURL: what === "serve" ? `http://127.0.0.1:${rest[0]}` : "http://127.0.0.1",
  // The requests carry the host name of the bench's other sites.
  trustedOrigins: ["http://localhost"],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  emailAndPassword: {
    enabled: true,
    password: { hash: (password) => hash(password, cost), verify: ({ hash: hashed, password }) => verify(hashed, password) },
  },
  plugins: [twoFactor({ issuer: "peer" })],
});

async function prepare(number, password, key) {
  await (await getMigrations(auth.options)).runMigrations();
  const hashed = await hash(password, cost);
  const sealed = await symmetricEncrypt({ key: secret, data: key });
  const now = new Date().toISOString();
  const insert = (table, row) => {
    const names = Object.keys(row);
    const columns = names.map((name) => `"${name}"`).join(", ");
    database.prepare(`INSERT INTO "${table}" (${columns}) VALUES (${names.map(() => "?").join(", ")})`).run(...Object.values(row));
  };
  database.transaction(() => {
    for (let each = 0; each < number; each++) {
      const id = `user-${String(each).padStart(7, "0")}`;
      const times = { createdAt: now, updatedAt: now };
      insert("user", { id, name: id, email: `${id}@example.org`, emailVerified: 1, twoFactorEnabled: 1, ...times });
      insert("account", { id, accountId: id, providerId: "credential", userId: id, password: hashed, ...times });
      insert("twoFactor", { id, secret: sealed, backupCodes: "", userId: id });
    }
  })();
}

if (what === "prepare") await prepare(Number(rest[0]), rest[1], rest[2]);
else createServer(toNodeHandler(auth)).listen(Number(rest[0]), "127.0.0.1");
