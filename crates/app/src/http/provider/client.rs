//! Speaking with a provider: its metadata and keys, codes for tokens, and the check of what it says.
//!
//! Nothing that a provider answers is shown to anybody: faults are our own words.

use std::collections::BTreeSet;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use exeunt_model::provider::{ProviderName, Trust};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AsyncHttpClient, AuthType, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, Client, ClientId,
    ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::attempt::Attempt;
use crate::configuration::Secret;
use crate::configuration::identity_providers::{IdentityProvider, is_this_machine};
use crate::failure::{ExitCode, Failure, OrFail};

/// For one question to a provider.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// Metadata and keys are asked for again after this time.
const METADATA_TIME: Duration = Duration::from_secs(3_600);
/// A provider that was away is left alone for this time.
const PAUSE: Duration = Duration::from_secs(5);
/// No answer of a provider is larger.
const LARGEST_ANSWER: usize = 1 << 20;

/// What stands in the way of signing somebody in. In our own words, without a value of the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it cannot be reached, or does not answer as a provider does")]
    Away,
    #[error("its metadata are those of another issuer, or cannot be read")]
    Metadata,
    #[error("it does not take the code")]
    Code,
    #[error("it sends no ID token")]
    NoToken,
    #[error("the ID token is signed by no key of the provider")]
    NoKey,
    #[error("the ID token is not signed as it must be")]
    Signature,
    #[error("the ID token is of another issuer")]
    Issuer,
    #[error("the ID token is for another audience")]
    Audience,
    #[error("the ID token has expired")]
    Expired,
    #[error("the ID token is for another attempt to sign in")]
    Nonce,
    #[error("the ID token cannot be read")]
    Token,
    #[error("its answer about the person is of somebody else, or cannot be read")]
    UserInfo,
}

impl Fault {
    /// Whether trying again later may help.
    pub fn is_away(self) -> bool {
        matches!(self, Self::Away | Self::Metadata)
    }
}

/// Claims that OpenID Connect has no name for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Others {
    #[serde(flatten)]
    claims: Map<String, Value>,
}

impl AdditionalClaims for Others {}

type Fields = IdTokenFields<Others, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What a provider is asked with.
type Asking = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Signatures that only the provider can have made: none by a secret that the desk knows too.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// A provider, and what was learnt from it.
pub struct Provider {
    pub name: ProviderName,
    pub label: String,
    pub is_listed: bool,
    pub trust: Trust,
    issuer: IssuerUrl,
    client_id: String,
    secret: Secret,
    scopes: BTreeSet<String>,
    redirect: RedirectUrl,
    line: Line,
    learnt: Mutex<Learnt>,
}

/// The line to a provider.
#[derive(Clone)]
struct Line {
    http: reqwest::Client,
    /// Only a provider on this machine is spoken with in clear.
    in_clear: bool,
}

#[derive(Default)]
struct Learnt {
    metadata: Option<(Instant, Arc<CoreProviderMetadata>)>,
    failed: Option<(Instant, Fault)>,
}

impl Provider {
    pub fn new(wanted: &IdentityProvider, folder: &Path, public_url: &str) -> Result<Self, Failure> {
        let mend = |failure: Failure| failure.next(format!("mend the identity provider `{}` in the configuration", wanted.name));
        // Whoever was faster has installed the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(ANSWER_TIME).redirect(reqwest::redirect::Policy::none()).build();
        let redirect = format!("{public_url}/sign-in/{}/callback", wanted.name);
        let in_clear = reqwest::Url::parse(&wanted.issuer).is_ok_and(|url| is_this_machine(&url));
        Ok(Self {
            name: wanted.name.clone(),
            label: wanted.label.clone().unwrap_or_else(|| wanted.name.to_string()),
            is_listed: wanted.is_listed(),
            trust: wanted.trust(),
            issuer: IssuerUrl::new(wanted.issuer.clone()).or_fail(ExitCode::Usage, || "read the issuer").map_err(mend)?,
            client_id: wanted.client_id.clone(),
            secret: wanted.secret(folder).map_err(mend)?,
            scopes: wanted.scopes.iter().filter(|scope| *scope != "openid").cloned().collect(),
            redirect: RedirectUrl::new(redirect).or_fail(ExitCode::Usage, || "read `desk.public_url`")?,
            line: Line { http: http.or_fail(ExitCode::Failed, || "make a client for identity providers")?, in_clear },
            learnt: Mutex::default(),
        })
    }

    /// Where a browser is sent to sign in.
    ///
    /// # Errors
    /// [`Fault`] where the provider does not tell where that is.
    pub async fn authorization_url(self: Arc<Self>, attempt: Attempt) -> Result<String, Fault> {
        let metadata = self.metadata().await?;
        let asking = self.asking(&metadata);
        let (state, nonce) = (attempt.state(), attempt.nonce());
        let flow = AuthenticationFlow::<openidconnect::core::CoreResponseType>::AuthorizationCode;
        let mut request = asking.authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce));
        for scope in &self.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(attempt.verifier()));
        let (url, _, _) = request.set_pkce_challenge(challenge).url();
        if self.line.may_ask(url.scheme(), url.as_str()) { Ok(url.into()) } else { Err(Fault::Metadata) }
    }

    /// Whether an answer that names this issuer (RFC 9207) is the provider's.
    pub fn is_issuer(&self, named: &str) -> bool {
        named == self.issuer.as_str()
    }

    /// What the provider says of whoever brought this code.
    ///
    /// # Errors
    /// [`Fault`] where it doesn't take the code, or anything of its answer is not as it must be.
    pub async fn claims(self: Arc<Self>, code: String, attempt: Attempt) -> Result<Map<String, Value>, Fault> {
        let metadata = self.metadata().await?;
        let asking = self.asking(&metadata);
        let exchange = asking.exchange_code(AuthorizationCode::new(code)).map_err(|_| Fault::Metadata)?;
        let answered = exchange.set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier())).request_async(&self.line).await;
        let tokens = answered.map_err(|error| match error {
            RequestTokenError::Request(_) => Fault::Away,
            RequestTokenError::ServerResponse(_) => Fault::Code,
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Fault::Token,
        })?;
        let token = tokens.id_token().ok_or(Fault::NoToken)?;
        let nonce = Nonce::new(attempt.nonce());
        let checked = |asking: &Asking| {
            let verifier = asking.id_token_verifier().set_allowed_algs(ALGORITHMS);
            token.claims(&verifier, &nonce).cloned().map_err(|error| fault(&error))
        };
        let claims = match checked(&asking) {
            // The provider may have taken a new key since its keys were read.
            Err(Fault::NoKey) => {
                let metadata = self.learn(Instant::now()).await?;
                checked(&self.asking(&metadata))?
            }
            claims => claims?,
        };
        let mut found = claims.additional_claims().claims.clone();
        put_address(&mut found, claims.email().map(|email| email.as_str()), claims.email_verified());
        // Strict providers say who somebody is only where they are asked for that.
        if self.trust.lacks(&found)
            && let Ok(request) = asking.user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        {
            let told: UserInfoClaims<Others, CoreGenderClaim> = request.request_async(&self.line).await.map_err(|_| Fault::UserInfo)?;
            for (name, value) in &told.additional_claims().claims {
                found.entry(name.clone()).or_insert_with(|| value.clone());
            }
            if claims.email().is_none_or(|email| told.email() == Some(email)) {
                put_address(&mut found, told.email().map(|email| email.as_str()), told.email_verified());
            }
        }
        Ok(found)
    }

    /// The metadata and keys: those that were learnt not long ago, or asked for now.
    async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, Fault> {
        let begun = Instant::now();
        {
            let learnt = self.learnt.lock().await;
            if let Some((since, metadata)) = &learnt.metadata
                && since.elapsed() < METADATA_TIME
            {
                return Ok(metadata.clone());
            }
            if let Some((since, fault)) = learnt.failed
                && since.elapsed() < PAUSE
            {
                return Err(fault);
            }
        }
        self.learn(begun).await
    }

    /// Asks for metadata and keys, unless somebody else has done so since.
    async fn learn(&self, since: Instant) -> Result<Arc<CoreProviderMetadata>, Fault> {
        // Whoever comes meanwhile waits for this answer.
        let mut learnt = self.learnt.lock().await;
        match (&learnt.metadata, learnt.failed) {
            (Some((at, metadata)), _) if *at > since => return Ok(metadata.clone()),
            (_, Some((at, fault))) if at > since => return Err(fault),
            (_, _) => {}
        }
        let discovered = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.line).await;
        let discovered = discovered.map_err(|error| match error {
            openidconnect::DiscoveryError::Request(_) | openidconnect::DiscoveryError::Response(..) => Fault::Away,
            _ => Fault::Metadata,
        });
        match discovered {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *learnt = Learnt { metadata: Some((Instant::now(), metadata.clone())), failed: None };
                Ok(metadata)
            }
            Err(fault) => {
                learnt.failed = Some((Instant::now(), fault));
                Err(fault)
            }
        }
    }

    fn asking(&self, metadata: &CoreProviderMetadata) -> Asking {
        let (id, secret) = (ClientId::new(self.client_id.clone()), ClientSecret::new(self.secret.reveal().to_owned()));
        // Without a word of the provider it is the header (OpenID Connect Discovery, 3).
        let methods = metadata.token_endpoint_auth_methods_supported();
        let by_header = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let way = if by_header { AuthType::BasicAuth } else { AuthType::RequestBody };
        Asking::from_provider_metadata(metadata.clone(), id, Some(secret)).set_redirect_uri(self.redirect.clone()).set_auth_type(way)
    }
}

impl Line {
    fn may_ask(&self, scheme: &str, url: &str) -> bool {
        scheme == "https" || (self.in_clear && reqwest::Url::parse(url).is_ok_and(|url| is_this_machine(&url)))
    }

    /// Asks the provider, without following redirects, and without reading without end.
    async fn send(self, request: HttpRequest) -> Result<HttpResponse, Fault> {
        if !self.may_ask(request.uri().scheme_str().unwrap_or_default(), &request.uri().to_string()) {
            return Err(Fault::Metadata);
        }
        let request = reqwest::Request::try_from(request).map_err(|_| Fault::Metadata)?;
        let mut answer = self.http.execute(request).await.map_err(|_| Fault::Away)?;
        if answer.status().is_server_error() {
            return Err(Fault::Away);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| Fault::Away)? {
            if bytes.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Fault::Away);
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut response = HttpResponse::new(bytes);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Line {
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Fault>> + Send>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}

fn put_address(claims: &mut Map<String, Value>, email: Option<&str>, verified: Option<bool>) {
    for (name, value) in [("email", email.map(Value::from)), ("email_verified", verified.map(Value::from))] {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    }
}

fn fault(error: &ClaimsVerificationError) -> Fault {
    match error {
        ClaimsVerificationError::Expired(_) => Fault::Expired,
        ClaimsVerificationError::InvalidAudience(_) => Fault::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Fault::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => Fault::Nonce,
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => Fault::NoKey,
        ClaimsVerificationError::SignatureVerification(_) => Fault::Signature,
        _ => Fault::Token,
    }
}
