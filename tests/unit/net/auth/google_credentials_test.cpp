#include "net/auth/google_credentials.h"

#include "tests/support/auth/test_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using tests::environment_of;
using tests::TestFolder;

constexpr const char* kServiceAccount =
    R"({"type":"service_account","project_id":"p1","private_key_id":"k1","private_key":"PEM",)"
    R"("client_email":"me@p1.iam.gserviceaccount.com","client_id":"1",)"
    R"("token_uri":"https://oauth2.googleapis.com/token","universe_domain":"googleapis.com"})";
constexpr const char* kAuthorizedUser =
    R"({"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r",)"
    R"("quota_project_id":"q","account":""})";

[[nodiscard]] bool is_machine_at(const GoogleCredentials& credentials, std::string_view endpoint) {
    const auto* machine = std::get_if<GoogleMachine>(&credentials.identity);
    return machine != nullptr && machine->endpoint == endpoint;
}

TEST(GoogleCredentials, AreAServiceAccount) {
    const auto credentials = parse_google_credentials(kServiceAccount);

    ASSERT_TRUE(credentials) << credentials.error().detail();
    const auto& account = std::get<GoogleServiceAccount>(credentials->identity);
    EXPECT_EQ(account.client_email, "me@p1.iam.gserviceaccount.com");
    EXPECT_EQ(account.private_key, "PEM");
    EXPECT_EQ(account.private_key_id, "k1");
    EXPECT_EQ(account.token_uri, "https://oauth2.googleapis.com/token");
    EXPECT_EQ(credentials->project_id, "p1");
}

TEST(GoogleCredentials, AreAPersonsConsent) {
    const auto credentials = parse_google_credentials(kAuthorizedUser);

    ASSERT_TRUE(credentials) << credentials.error().detail();
    const auto& user = std::get<GoogleAuthorizedUser>(credentials->identity);
    EXPECT_EQ(user.refresh_token, "r");
    EXPECT_EQ(user.token_uri, "https://oauth2.googleapis.com/token");
    EXPECT_EQ(credentials->quota_project_id, "q");
}

TEST(GoogleCredentials, SayWhatIsWrongAndNeverASecret) {
    const auto why = [](const char* json) {
        const auto credentials = parse_google_credentials(json);
        EXPECT_FALSE(credentials) << json;
        EXPECT_EQ(credentials.error().code(), Errc::configuration);
        EXPECT_THAT(credentials.error().detail(), Not(HasSubstr("geheim")));
        return credentials.error().detail();
    };

    EXPECT_THAT(why(""), HasSubstr("no JSON object"));
    EXPECT_THAT(why("geheim"), HasSubstr("no JSON object"));
    EXPECT_THAT(why("{}"), HasSubstr("type is not said"));
    EXPECT_THAT(
        why(R"({"type":"external_account"})"), HasSubstr("`external_account`; allowed are"));
    EXPECT_THAT(
        why(R"({"type":"service_account","private_key":"geheim"})"),
        HasSubstr("lacks client_email"));
    EXPECT_THAT(
        why(R"({"type":"service_account","client_email":"e"})"), HasSubstr("lacks private_key"));
    EXPECT_THAT(
        why(R"({"type":"authorized_user","client_id":"c","client_secret":"geheim"})"),
        HasSubstr("lacks refresh_token"));
    EXPECT_THAT(
        why(R"({"type":"service_account","token_uri":"http://evil.test/"})"),
        HasSubstr("token_uri must be an https URL"));
}

TEST(GoogleCredentials, AreFoundWhereTheSettingsSay) {
    const TestFolder folder;
    const std::string file = folder.write("key.json", kServiceAccount);
    const auto nothing = environment_of({});

    EXPECT_EQ(find_google_credentials(file, nothing).value().project_id, "p1");
    EXPECT_EQ(find_google_credentials(kServiceAccount, nothing).value().project_id, "p1");
    EXPECT_TRUE(is_machine_at(
        find_google_credentials("metadata", nothing).value(), "http://169.254.169.254"));
    EXPECT_TRUE(is_machine_at(
        find_google_credentials("metadata", environment_of({{"GCE_METADATA_HOST", "127.0.0.1:1"}}))
            .value(),
        "http://127.0.0.1:1"));
}

TEST(GoogleCredentials, AreFoundWhereGooglesOwnLibrariesLook) {
    const TestFolder folder;
    const std::string named = folder.write("key.json", kServiceAccount);
    folder.write(".config/gcloud/application_default_credentials.json", kAuthorizedUser);
    const std::string home = folder.path().string();

    const auto by_variable = find_google_credentials(
        "", environment_of({{"HOME", home}, {"GOOGLE_APPLICATION_CREDENTIALS", named}}));
    const auto by_gcloud = find_google_credentials("environment", environment_of({{"HOME", home}}));
    const auto by_machine = find_google_credentials("", environment_of({{"HOME", "/nowhere"}}));

    EXPECT_EQ(by_variable.value().project_id, "p1");
    EXPECT_EQ(by_gcloud.value().quota_project_id, "q");
    EXPECT_TRUE(is_machine_at(by_machine.value(), "http://169.254.169.254"));
}

TEST(GoogleCredentials, NameTheFileThatIsWrong) {
    const TestFolder folder;
    const std::string broken = folder.write("broken.json", "{");

    const auto absent = find_google_credentials(
        "", environment_of({{"GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json"}}));
    const auto unreadable = find_google_credentials(broken, environment_of({}));
    const auto folder_named = find_google_credentials(folder.path().string(), environment_of({}));

    EXPECT_EQ(
        absent.error().detail(),
        "GOOGLE_APPLICATION_CREDENTIALS: /nowhere/key.json does not exist");
    EXPECT_THAT(unreadable.error().detail(), HasSubstr("broken.json: it is no JSON object"));
    EXPECT_THAT(folder_named.error().detail(), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace pulse::net
