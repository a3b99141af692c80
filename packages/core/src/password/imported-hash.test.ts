import { describe, expect, test } from "vitest";
import { assertSupportedHash, findStoredHash, parseStoredHash } from "./imported-hash.ts";

const password = "correct horse battery staple";

// Made with Python 3 (hashlib, base64; crypt for $2b$, $5$ and $6$) and, where the salt says so, `openssl passwd`.
const made = `
{SHA}q/eq1kOINtvlJqojGr3i0O73TUI=
{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==
{ssha}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==
{SHA256}xLvLH77JnWW/WdhcjLYu4tuWPw/hBvSD2a+nO9Tjmoo=
{SSHA256}4RCdQtRBvAvQSR9Gtkm3fc5bhSO2sZxjW2Uv2CPwYi0BAgMEBQYHCA==
{SHA384}wkuSRJyHHzO7vx/BmJ5eEDfPqaPf2xeUf4FyImGB54Jeu0x1B2ORWDW/ElpZDgWu
{SSHA384}vOdq9lh4Ym97baF5iRWG/aLufMaYdtqFWUgor5q4tvMSTnKchzU7l9xPu3CS3nz1AQIDBAUGBwg=
{SHA512}vl73Z52Iq5qQRfYmflX15XhLS4zXZLXNhVpSRPkcYmlTzUbEPXZohz/W7707IhJJMVWAAxljRyoHh4H+BG5irg==
{SSHA512}9QOuSDxe9+D0dhP3GFPQWt1WqPLlQlBwU4cBiWk0uEDH8459LOk0bJSJZg9anfuRApOaZ8mJrg5NgSXJLikPewECAwQFBgcI
pbkdf2_sha256$1000$NaClNaCl$aL8faYLlOIYvjBdHgF8PW53zGZbEIqsbz4mWkSSqsyM=
pbkdf2_sha1$1000$NaClNaCl$rFcWdMZ9rx141KX/Hwsw08ZSB80=
{PBKDF2}1000$Y0ea1poJCyWCd.yPum.ZQQ$vP32edeJPX.SgYhB0qu5JaVlaDg
{PBKDF2-SHA1}1000$Y0ea1poJCyWCd.yPum.ZQQ$vP32edeJPX.SgYhB0qu5JaVlaDg
{PBKDF2-SHA256}1000$Y0ea1poJCyWCd.yPum.ZQQ$lVgmBfbSwxx5XrhE9dbQCon13f4rEFYma6bZ0zLYxrU
{PBKDF2-SHA512}1000$Y0ea1poJCyWCd.yPum.ZQQ$q4ym4x0OETaNi37KS8SZUKBpuVY1XV/s1nI7SzhNG9PB7yd9.3sUSQ7jHSQQsFV00uYuoXArG381AAukDcXK3g
$pbkdf2-sha512$1000$Y0ea1poJCyWCd.yPum.ZQQ$q4ym4x0OETaNi37KS8SZUKBpuVY1XV/s1nI7SzhNG9PB7yd9.3sUSQ7jHSQQsFV00uYuoXArG381AAukDcXK3g
$pbkdf2-sha256$i=1000,l=32$Y0ea1poJCyWCd+yPum+ZQQ$lVgmBfbSwxx5XrhE9dbQCon13f4rEFYma6bZ0zLYxrU
$scrypt$ln=10,r=8,p=2$Y0ea1poJCyWCd+yPum+ZQQ$65ma49f/TxmchQDg2/sZyx0WAk1RELI9iv3cEI6AG5c
$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG
{CRYPT}$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG
$6$rounds=1000$saltsalt$j9Vf8YShD0koGhimfqidabEQeWmhpJ9YxprOCX.iV89zcJPtewN9pJnLRum4UDiZcBurQvcQNMKwhpHywoJfV/
$5$saltsalt$3hGFMknrJ4ZpFPe7XZe397oIMEp7sbvqrcsX/ONJ3i.
{CRYPT}$5$opensslsalt$tbP3C7RMl/gRYjroWsQ4kn50NYQVL8.zoYtSJLngte.
{crypt}$6$opensslsalt$MHI8/r/3BnCW2CYG/IzPdU7lhdlceGXBNcjIE7FwOTEst5NLx0b/PSz/X43KcRdYWiHd0gsBVEmEM4Xke.J041
`
  .trim()
  .split("\n");

// From documents, each with the password they give for it.
const published = [
  // OpenWall's crypt_blowfish, wrapper.c.
  ["$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"],
  // passlib's documentation of pbkdf2_sha256 and scrypt.
  ["$pbkdf2-sha256$6400$0ZrzXitFSGltTQnBWOsdAw$Y11AchqV4b0sUisdZd0Xr97KWoymNE0LNNrnEgY4H9M", "password"],
  ["$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E", "password"],
  // U. Drepper's specification of SHA-crypt; the same as from `openssl passwd`.
  ["$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"],
  [
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    "Hello world!",
  ],
  // The argon2 reference implementation's README and test.c.
  ["$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG", "password"],
  ["$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"],
  // The same file's hash in version 1.0, which had no version field.
  ["$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY", "password"],
] as const;

describe("an imported hash", () => {
  test.each(made)("%s matches its password alone", async (stored) => {
    const hash = parseStoredHash(stored);
    expect(await hash.matches(password)).toBe(true);
    expect(await hash.matches(`${password}.`)).toBe(false);
  });

  test.each(published)("%s matches %s alone", async (stored, itsPassword) => {
    const hash = parseStoredHash(stored);
    expect(await hash.matches(itsPassword)).toBe(true);
    expect(await hash.matches(`${itsPassword}.`)).toBe(false);
  });

  test("of bcrypt compares 72 octets, as where it comes from", async () => {
    // Python 3, crypt.crypt("x" * 100, "$2y$04$abcdefghijklmnopqrstuu").
    const hash = parseStoredHash("$2y$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i");
    expect(await hash.matches("x".repeat(100))).toBe(true);
    expect(await hash.matches("x".repeat(72))).toBe(true);
    expect(await hash.matches("x".repeat(71))).toBe(false);
  });
});

const salt16 = "Y0ea1poJCyWCd.yPum.ZQQ";
const hash32 = "lVgmBfbSwxx5XrhE9dbQCon13f4rEFYma6bZ0zLYxrU";

test.each([
  ["nothing", ""],
  ["clear text", "{CLEARTEXT}secret"],
  ["a bare password", "correct horse battery staple"],
  ["unsalted MD5", "{MD5}X03MO1qnZdYdgyfeuILPmQ=="],
  ["a scheme nobody has", "{__proto__}AAAA"],
  ["a digest that is not base64", "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQ!"],
  ["a digest without its salt", "{SSHA}q/eq1kOINtvlJqojGr3i0O73TUI="],
  ["a digest too short", "{SHA}q/eq1kOINtvl"],
  ["a digest with stray bits at the end", "{SHA}q/eq1kOINtvlJqojGr3i0O73TUJ="],
  ["DES crypt", "{CRYPT}abJnggxhB/yWI"],
  ["MD5 crypt", "$1$saltsalt$Eij7mx1YVhcRHKQ7aY3mE."],
  ["yescrypt", "$y$j9T$abcdefgh$ijklmnop"],
  ["bcrypt's faulty variant", "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["bcrypt of cost 15", "$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["bcrypt of cost 3", "$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["bcrypt cut short", "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe"],
  ["sha512crypt of 500,001 rounds", `$6$rounds=500001$salt$${"a".repeat(86)}`],
  ["sha512crypt of 999 rounds", `$6$rounds=999$salt$${"a".repeat(86)}`],
  ["sha512crypt with the hash of sha256crypt", `$6$salt$${"a".repeat(43)}`],
  ["sha256crypt with a long salt", `$5$seventeen-letters$${"a".repeat(43)}`],
  ["PBKDF2 of 2,000,001 iterations", `{PBKDF2-SHA256}2000001$${salt16}$${hash32}`],
  ["PBKDF2 of no iterations", `{PBKDF2-SHA256}0$${salt16}$${hash32}`],
  ["PBKDF2 with a hash longer than its digest", `{PBKDF2}1000$${salt16}$${hash32}`],
  ["PBKDF2 with a hash of 3 octets", `{PBKDF2-SHA256}1000$${salt16}$AAAA`],
  ["PBKDF2 with MD5", `$pbkdf2-md5$1000$${salt16}$${hash32}`],
  ["scrypt of 128 MiB", `$scrypt$ln=17,r=8,p=1$${salt16}$${hash32}`],
  ["scrypt of 64 MiB five times", `$scrypt$ln=16,r=8,p=5$${salt16}$${hash32}`],
  ["scrypt with N too large for r", `$scrypt$ln=16,r=1,p=1$${salt16}$${hash32}`],
  ["scrypt without p", `$scrypt$ln=10,r=8$${salt16}$${hash32}`],
  [
    "argon2id of 257 MiB",
    "$argon2id$v=19$m=263168,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
  ],
  [
    "argon2id of 11 passes",
    "$argon2id$v=19$m=256,t=11,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
  ],
  [
    "argon2id of 17 lanes",
    "$argon2id$v=19$m=256,t=2,p=17$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
  ],
  [
    "argon2id with less memory than its lanes need",
    "$argon2id$v=19$m=31,t=2,p=4$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
  ],
  [
    "argon2id of another version",
    "$argon2id$v=20$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
  ],
  [
    "argon2id with a parameter twice",
    "$argon2id$v=19$m=256,m=999999,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
  ],
  [
    "argon2id with data of its own",
    "$argon2id$v=19$m=256,t=2,p=1,data=AAAA$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
  ],
  ["argon2d", "$argon2d$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"],
  ["a megabyte", `{SSHA}${"A".repeat(1_000_000)}`],
])("%s is refused, without being repeated", (_, stored) => {
  const tail = stored.slice(-10);
  expect(() => assertSupportedHash(stored)).toThrow(
    expect.objectContaining({
      code: "invalid-input",
      message: tail === "" ? expect.any(String) : expect.not.stringContaining(tail),
    }),
  );
  expect(findStoredHash(stored)).toBeUndefined();
});

test("a hash of the argon2 package, whose parameters stand in another order, is read", async () => {
  // argon2 0.45.1: hash("password", { memoryCost: 256, timeCost: 2, parallelism: 1, salt: "somesalt" }).
  const stored = "$argon2id$v=19$m=256,p=1,t=2$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  expect(await parseStoredHash(stored).matches("password")).toBe(true);
});
