/** How a request says who sends it. All texts may hold templates. */
export type Auth = BearerAuth | BasicAuth | OAuth1Auth | OAuth2Auth;

export interface BearerAuth {
  readonly type: "bearer";
  readonly token: string;
}

export interface BasicAuth {
  readonly type: "basic";
  readonly username: string;
  readonly password: string;
}

export interface OAuth1Auth {
  readonly type: "oauth1";
  readonly signature: "PLAINTEXT" | "HMAC-SHA1";
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token: string;
  readonly tokenSecret: string;
  /** `consumer:token:secret` in one text, as MAAS gives it; then the four above are empty. */
  readonly key: string | undefined;
  readonly realm: string | undefined;
}

/** Client credentials (RFC 6749, 4.4). */
export interface OAuth2Auth {
  readonly type: "oauth2";
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
  readonly audience: string | undefined;
  /** Where the token request carries the client's secret. */
  readonly clientAuth: "basic" | "body";
}

/** What a job asks of TLS beyond the system's roots. Texts are PEM, or a template of a secret that holds it. */
export interface TlsOptions {
  /** Trusted beside the system's roots. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Accepts any certificate; shown as a warning. */
  readonly insecure: boolean;
}
