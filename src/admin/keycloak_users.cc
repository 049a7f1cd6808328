// Users of a Keycloak realm, and what they prove themselves by.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <set>

#include "admin/keycloak_migration.h"
#include "admin/realm_file.h"
#include "sessions/keycloak_credential.h"

namespace tessera::admin {
namespace {

constexpr std::size_t kAttributeNameBytesMax = 255;

class UserReader {
 public:
  UserReader(const KeycloakContext& context, const KeycloakItem& item, KeycloakImport& import)
      : context_(context), item_(item), import_(import), report_(import.report) {
    user_.username = item.text("username");
    what_ = "user " + user_.username;
  }

  Status read() {
    user_.handle = Handle::parse(item_.text("id")).value_or(Handle{});
    if (!user_.handle || user_.handle.uuid() != item_.text("id")) {
      user_.handle = {};
      report_.change(what_, "its id is no UUID: tokens know the user by another sub");
    }
    user_.enabled = item_.flag("enabled", true);
    auto& profile = user_.profile;
    take("email", profile.email);
    take("firstName", profile.given_name);
    take("lastName", profile.family_name);
    profile.email_verified = item_.flag("emailVerified", false);
    TRY(read_groups_and_roles());
    read_attributes();
    read_required_actions();
    for (const auto& credential : item_.items("credentials")) read_credential(credential);
    if (const auto links = item_.items("federatedIdentities"); !links.empty())
      report_.change(what_, "it signs in by another provider at Keycloak, which is not to be had here");
    if (!item_.text("federationLink").empty()) report_.change(what_, "it comes from a user storage, which is not asked any more");
    if (const auto consents = item_.items("clientConsents"); !consents.empty())
      report_.change(what_, "it is asked for its consents once more");
    report_.carry("users");
    import_.users.push_back(std::move(user_));
    return {};
  }

 private:
  void take(std::string_view name, std::string& into) {
    std::string text = item_.text(name);
    if (fits_a_file(text))
      into = std::move(text);
    else
      report_.refuse(fmt::format("{} of {}", name, what_), "a text here has one line of 4,096 bytes");
  }

  Status read_groups_and_roles() {
    auto roles = context_.roles.named_by(item_, "realmRoles", "clientRoles");
    for (const auto& path : item_.words("groups")) {
      const auto* group = context_.roles.find_group(path);
      if (group == nullptr) {
        report_.refuse(what_, "it is in a group that the export does not hold");
        continue;
      }
      direct_groups_.push_back(group);
      // Up to the top: what a group gives, its parts have, too; the nearest attribute counts.
      for (const auto* level = group;; level = &context_.roles.groups()[level->parent]) {
        roles.insert(level->roles.begin(), level->roles.end());
        for (const auto& [name, value] : level->attributes) inherited_.emplace(name, value);
        if (&context_.roles.groups()[level->parent] == level) break;
      }
    }
    user_.profile.roles = TRY(context_.roles.flatten(roles));
    tell_of_unknown_roles();
    return {};
  }

  void tell_of_unknown_roles() {
    const auto tell = [&](const std::string& client, const std::vector<std::string>& names) {
      for (const auto& name : names)
        if (context_.roles.find({client, name}) == nullptr)
          report_.refuse(fmt::format("role {} of {}", fits_a_file(name) ? name : "", what_),
                         "the role is not among those that were carried");
    };
    tell("", item_.words("realmRoles"));
    for (const auto& [client, names] : item_.word_lists("clientRoles"))
      if (context_.chosen.contains(client)) tell(client, names);
  }

  void put(const std::string& name, const std::string& value) {
    if (name.empty() || name.size() > kAttributeNameBytesMax || !fits_a_file(name) || !fits_a_file(value))
      return report_.refuse("an attribute of " + what_, "its name or value is one that no file can hold");
    user_.profile.attributes.emplace(name, model::FieldValue{value, false});
  }

  void read_attributes() {
    for (const auto& [name, values] : item_.word_lists("attributes")) {
      if (values.empty()) continue;
      if (values.size() > 1)
        report_.change("attribute " + (fits_a_file(name) ? name : "") + " of " + what_, "of several values the first is kept");
      put(name, values.front());
    }
    for (const auto& [name, value] : inherited_) put(name, value);
    for (const auto& [ours, theirs] : context_.sources.copies)
      if (const auto found = user_.profile.attributes.find(theirs); found != user_.profile.attributes.end()) put(ours, found->second.text);
    for (const auto& [ours, property] : context_.sources.properties)
      if (const std::string text = item_.text(property); !text.empty()) put(ours, text);
    for (const auto& [ours, full_path] : context_.sources.groups) {
      std::string joined;
      for (const auto* group : direct_groups_) joined += (joined.empty() ? "" : " ") + (full_path ? group->path : group->name);
      if (!joined.empty()) put(ours, joined);
    }
  }

  void read_required_actions() {
    for (const auto& action : item_.words("requiredActions")) {
      user_.profile.must_act = true;
      if (action != "UPDATE_PASSWORD")
        report_.change(fmt::format("{} ({})", what_, fits_a_file(action) ? action : "unknown"),
                       "whatever it had to do, here it has to change the password first");
    }
  }

  void read_credential(const KeycloakItem& credential) {
    const std::string type = credential.text("type");
    if (type == "password") return read_password(credential);
    if (type == "password-history") return;
    if (type == "otp" || type == "totp" || type == "hotp" || type.starts_with("webauthn")) {
      user_.profile.second_factor = true;
      return report_.change(what_, "its second factor is not carried; that it had one is, and the password grant is refused to it");
    }
    report_.refuse(fmt::format("a credential of {} ({})", what_, fits_a_file(type) ? type : "unknown"),
                   "only passwords can be verified here");
  }

  void read_password(const KeycloakItem& credential) {
    if (credential.flag("temporary", false)) user_.profile.must_act = true;
    if (has_password_) return report_.refuse("a second password of " + what_, "a user has one");
    // Ours to judge; nothing of it may be said but what is wrong.
    auto record = sessions::record_of_keycloak_credential(boost::json::serialize(credential.json()));
    if (!record)
      return report_.refuse("password of " + what_, fmt::format("{}; `tessera user set-password` gives a new one", record.error().context));
    has_password_ = true;
    import_.passwords.push_back({user_.username, Secret(std::move(*record))});
    report_.carry("passwords");
  }

  const KeycloakContext& context_;
  const KeycloakItem& item_;
  KeycloakImport& import_;
  MigrationReport& report_;
  model::User user_;
  std::string what_;
  std::vector<const KeycloakRoles::Group*> direct_groups_;
  std::map<std::string, std::string> inherited_;
  bool has_password_ = false;
};

/// The user that stands for a client's service account: its roles are the client's here.
Status read_service_account(const KeycloakContext& context, const KeycloakItem& item, KeycloakImport& import) {
  const std::string id = item.text("serviceAccountClientId");
  if (!context.chosen.contains(id)) return {};
  const auto client = std::ranges::find(import.clients, id, &model::Client::client_id);
  if (client == import.clients.end()) return {};
  client->policy.edit().roles = TRY(context.roles.flatten(context.roles.named_by(item, "realmRoles", "clientRoles")));
  import.report.carry("service accounts");
  import.report.change("service account of client " + id, "its tokens have another sub");
  if (!item.word_lists("attributes").empty())
    import.report.refuse("attributes of the service account of client " + id, "a client has none; write a `claim` with a value");
  return {};
}

}  // namespace

Status read_keycloak_users(const KeycloakContext& context, KeycloakImport& import) {
  std::set<std::string> names;
  std::set<std::string> subs;
  std::set<std::string> accounts;
  for (const auto& item : context.root.items("users")) {
    if (const auto client = item.text("serviceAccountClientId"); !client.empty()) {
      if (!accounts.insert(client).second)
        return fail(Reason::config_invalid, fmt::format("{}: another user is the service account of that client", item.where()));
      TRY(read_service_account(context, item, import));
      continue;
    }
    const std::string name = item.text("username");
    if (!is_username(name)) {
      import.report.refuse("user " + (fits_a_file(name) && !name.empty() ? name : item.where()),
                           "a user's name here has 1 to 255 of: lower-case letters, digits, . _ ~ - @ +");
      continue;
    }
    if (!names.insert(name).second) return fail(Reason::config_invalid, fmt::format("{}: user {} stands there twice", item.where(), name));
    if (const auto id = item.text("id"); !id.empty() && !subs.insert(id).second)
      return fail(Reason::config_invalid, fmt::format("{}: user {} has the id of another", item.where(), name));
    TRY(UserReader(context, item, import).read());
  }
  return {};
}

}  // namespace tessera::admin
