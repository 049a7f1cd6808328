"""A relying party by Debian's python3-authlib, for clients-code.test.mjs.

Reads {issuer, client_id, client_secret, redirect_uri, scope, api, leaving} as a line of JSON, prints where to send the browser, and reads
where it came back: the code is redeemed, the ID token verified, userinfo and the API asked, all of it refreshed and revoked. Prints again
where to send the browser, reads where it came back, refreshes, and prints {email, revoked, logout} as JSON: what userinfo and the API
said, and where to log out. From then on it asks the API for every line that it reads, and prints, as JSON, what the API calls it, or the
status.
"""
import json
import sys

import requests
from authlib.common.urls import add_params_to_uri
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata

asked = json.loads(sys.stdin.readline())
metadata = requests.get(asked["issuer"] + "/.well-known/openid-configuration", timeout=10).json()
# Those checks of the metadata that ask for TLS can't hold here. The rest has to.
for known in (AuthorizationServerMetadata(metadata), OpenIDProviderMetadata(metadata)):
    for name in (
        "response_types_supported", "response_modes_supported", "grant_types_supported", "token_endpoint_auth_methods_supported",
        "revocation_endpoint_auth_methods_supported", "code_challenge_methods_supported", "ui_locales_supported",
    ):
        getattr(known, "validate_" + name)()
provider = OpenIDProviderMetadata(metadata)
for name in (
    "acr_values_supported", "subject_types_supported", "id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported",
    "claim_types_supported", "claims_supported", "claims_parameter_supported", "request_parameter_supported",
    "request_uri_parameter_supported", "require_request_uri_registration",
):
    getattr(provider, "validate_" + name)()

verifier, nonce = "v" * 43, "n-1"
session = OAuth2Session(
    asked["client_id"], asked["client_secret"], redirect_uri=asked["redirect_uri"], scope=asked["scope"], code_challenge_method="S256",
)


def sign_in():
    url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
    print(url, flush=True)
    back = sys.stdin.readline().strip()
    return session.fetch_token(metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier)


def call():
    answer = session.get(asked["api"])
    return answer.json()["caller"] if answer.ok else answer.status_code


token = sign_in()
keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
claims = jwt.decode(
    token["id_token"], keys, claims_cls=CodeIDToken,
    claims_options={"iss": {"essential": True, "value": metadata["issuer"]}, "aud": {"essential": True, "value": asked["client_id"]}},
    claims_params={"nonce": nonce, "client_id": asked["client_id"], "access_token": token["access_token"], "max_age": 60},
)
claims.validate()
assert session.get(metadata["userinfo_endpoint"]).json()["sub"] == claims["sub"]
assert call() == asked["client_id"]

refreshed = session.refresh_token(metadata["token_endpoint"])
person = session.get(metadata["userinfo_endpoint"]).json()
session.revoke_token(metadata["revocation_endpoint"], refreshed["refresh_token"], token_type_hint="refresh_token")
revoked = call()

token = sign_in()
session.refresh_token(metadata["token_endpoint"])
logout = add_params_to_uri(metadata["end_session_endpoint"], [("id_token_hint", token["id_token"]), *asked["leaving"].items()])
print(json.dumps({"email": person["email"], "revoked": revoked, "logout": logout}), flush=True)
for _ in sys.stdin:
    print(json.dumps(call()), flush=True)
