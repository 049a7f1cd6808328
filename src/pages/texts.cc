#include "pages/texts.h"

#include <algorithm>

namespace tessera::pages {
namespace {

// French sets a narrow no-break space before '?', and a no-break space before ':' and within its quotes.
constexpr Text kTexts[] = {
    {"username", {"Username", "Benutzername", "Identifiant"}},
    {"password", {"Password", "Passwort", "Mot de passe"}},
    {"continue", {"Continue", "Weiter", "Continuer"}},

    {"login.title", {"Sign in", "Anmelden", "Connexion"}},
    {"login.lead", {"Continue to {{CLIENT_NAME}}", "Weiter zu {{CLIENT_NAME}}", "Continuer vers {{CLIENT_NAME}}"}},
    {"login.submit", {"Sign in", "Anmelden", "Se connecter"}},
    {"login.wrong_credentials",
     {"The username or password is not correct. Please try again.",
      "Benutzername oder Passwort ist nicht richtig. Bitte versuchen Sie es noch einmal.",
      "L’identifiant ou le mot de passe est incorrect. Veuillez réessayer."}},
    {"login.disabled",
     {"This account is disabled. Please contact support.", "Dieses Konto ist deaktiviert. Bitte wenden Sie sich an den Support.",
      "Ce compte est désactivé. Veuillez contacter l’assistance."}},

    {"new_password.title", {"Choose a new password", "Neues Passwort wählen", "Choisir un nouveau mot de passe"}},
    {"new_password.lead",
     {"You need to change your password before you can continue.", "Sie müssen Ihr Passwort ändern, bevor Sie fortfahren können.",
      "Vous devez changer votre mot de passe avant de continuer."}},
    {"new_password.new", {"New password", "Neues Passwort", "Nouveau mot de passe"}},
    {"new_password.hint",
     {"A few unrelated words make a good password.", "Ein paar Wörter ohne Zusammenhang ergeben ein gutes Passwort.",
      "Quelques mots sans lien entre eux font un bon mot de passe."}},
    {"new_password.again", {"Repeat the new password", "Neues Passwort wiederholen", "Répéter le nouveau mot de passe"}},
    {"new_password.save", {"Save password", "Passwort speichern", "Enregistrer le mot de passe"}},
    {"new_password.not_alike",
     {"The two passwords are not the same.", "Die beiden Passwörter stimmen nicht überein.",
      "Les deux mots de passe ne sont pas identiques."}},
    {"new_password.too_short",
     {"This password is too short. Please choose a longer one.", "Dieses Passwort ist zu kurz. Bitte wählen Sie ein längeres.",
      "Ce mot de passe est trop court. Veuillez en choisir un plus long."}},
    {"new_password.too_long",
     {"This password is too long. Please choose a shorter one.", "Dieses Passwort ist zu lang. Bitte wählen Sie ein kürzeres.",
      "Ce mot de passe est trop long. Veuillez en choisir un plus court."}},
    {"new_password.same_as_before",
     {"This is your current password. Please choose another one.", "Das ist Ihr bisheriges Passwort. Bitte wählen Sie ein anderes.",
      "C’est votre mot de passe actuel. Veuillez en choisir un autre."}},

    {"consent.title", {"Allow access?", "Zugriff erlauben?", "Autoriser l’accès\u202F?"}},
    {"consent.lead",
     {"{{CLIENT_NAME}} asks for access to your account:", "{{CLIENT_NAME}} bittet um Zugriff auf Ihr Konto:",
      "{{CLIENT_NAME}} demande l’accès à votre compte\u00A0:"}},
    {"consent.no_scopes",
     {"{{CLIENT_NAME}} only wants to know who you are.", "{{CLIENT_NAME}} möchte nur wissen, wer Sie sind.",
      "{{CLIENT_NAME}} souhaite seulement savoir qui vous êtes."}},
    {"consent.remember", {"Remember this decision", "Diese Entscheidung merken", "Retenir ce choix"}},
    {"consent.allow", {"Allow", "Erlauben", "Autoriser"}},
    {"consent.deny", {"Deny", "Ablehnen", "Refuser"}},
    {"consent.account",
     {"You are signed in as {{USERNAME}}.", "Sie sind als {{USERNAME}} angemeldet.", "Votre compte\u00A0: {{USERNAME}}"}},

    {"logout.title", {"Sign out?", "Abmelden?", "Se déconnecter\u202F?"}},
    {"logout.asked_by",
     {"{{CLIENT_NAME}} asks to sign you out.", "{{CLIENT_NAME}} möchte Sie abmelden.", "{{CLIENT_NAME}} demande à vous déconnecter."}},
    {"logout.lead",
     {"Your session will end in every application that uses it.", "Ihre Sitzung endet dann in allen Anwendungen, die sie nutzen.",
      "Votre session prendra fin dans toutes les applications qui l’utilisent."}},
    {"logout.submit", {"Sign out", "Abmelden", "Se déconnecter"}},
    {"logout.stay", {"Stay signed in", "Angemeldet bleiben", "Garder la session ouverte"}},

    {"logged_out.title", {"You are signed out", "Sie sind abgemeldet", "Votre session est terminée"}},
    {"logged_out.lead", {"You can close this window.", "Sie können dieses Fenster schließen.", "Vous pouvez fermer cette fenêtre."}},
    {"logged_out.back", {"Back to {{CLIENT_NAME}}", "Zurück zu {{CLIENT_NAME}}", "Revenir à {{CLIENT_NAME}}"}},

    {"still_signed_in.title", {"You are still signed in", "Sie sind weiterhin angemeldet", "Votre session reste ouverte"}},
    {"still_signed_in.lead",
     {"Nothing has changed. You can close this window.", "Es hat sich nichts geändert. Sie können dieses Fenster schließen.",
      "Rien n’a changé. Vous pouvez fermer cette fenêtre."}},

    {"error.title", {"Something went wrong", "Etwas ist schiefgelaufen", "Une erreur est survenue"}},
    {"error.lead",
     {"The application’s request can’t be completed. Please go back to the application and try again.",
      "Die Anfrage der Anwendung kann nicht ausgeführt werden. Bitte kehren Sie zur Anwendung zurück und versuchen Sie es noch einmal.",
      "La demande de l’application ne peut pas aboutir. Veuillez revenir à l’application et réessayer."}},
    {"error.unavailable",
     {"The service is not available at the moment. Please try again shortly.",
      "Der Dienst ist im Moment nicht verfügbar. Bitte versuchen Sie es in Kürze noch einmal.",
      "Le service est momentanément indisponible. Veuillez réessayer dans un instant."}},
    {"error.developers", {"For developers", "Für Entwicklerinnen und Entwickler", "Pour le développement"}},
    {"error.code", {"Error", "Fehler", "Erreur"}},
    {"error.description", {"Description", "Beschreibung", "Description"}},
    {"error.request", {"Request", "Anfrage", "Requête"}},

    {"expired.title", {"This page has expired", "Diese Seite ist abgelaufen", "Cette page a expiré"}},
    {"expired.lead",
     {"It was open for too long, or it was opened in another browser.",
      "Sie war zu lange geöffnet oder wurde in einem anderen Browser geöffnet.",
      "Elle est restée ouverte trop longtemps ou a été ouverte dans un autre navigateur."}},
    {"expired.restart", {"Start again", "Neu beginnen", "Recommencer"}},
    {"expired.no_restart",
     {"Please go back to the application and start again.", "Bitte kehren Sie zur Anwendung zurück und beginnen Sie dort neu.",
      "Veuillez revenir à l’application et recommencer."}},

    {"session_status.title", {"Session status", "Status der Sitzung", "État de la session"}},
    {"session_status.lead",
     {"Applications use this page in the background.", "Anwendungen nutzen diese Seite im Hintergrund.",
      "Les applications utilisent cette page en arrière-plan."}},
    {"cookie_probe.title", {"Cookie check", "Cookie-Prüfung", "Vérification des cookies"}},
    {"cookie_probe.lead",
     {"Applications use this page in the background.", "Anwendungen nutzen diese Seite im Hintergrund.",
      "Les applications utilisent cette page en arrière-plan."}},

    {"form_post.title", {"One moment, please", "Einen Moment, bitte", "Un instant, s’il vous plaît"}},
    {"form_post.lead",
     {"If you are not taken back to the application, choose “Continue”.",
      "Falls Sie nicht zur Anwendung zurückgeleitet werden, wählen Sie „Weiter“.",
      "Si l’application ne s’ouvre pas d’elle-même, choisissez «\u00A0Continuer\u00A0»."}},
};

}  // namespace

std::span<const Text> texts() { return kTexts; }

std::string_view text(std::string_view key, model::Language language) {
  const auto found = std::find_if(std::begin(kTexts), std::end(kTexts), [&](const Text& one) { return one.key == key; });
  return found == std::end(kTexts) ? std::string_view() : found->words[static_cast<std::size_t>(language)];
}

}  // namespace tessera::pages
