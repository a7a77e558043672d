#include "net/auth/aws_profile.h"

#include <gtest/gtest.h>

namespace pulse::net {
namespace {

constexpr std::string_view kCredentials =
    "# two accounts\r\n"
    "[default]\r\n"
    "aws_access_key_id = AKID1\r\n"
    "aws_secret_access_key=se/cr+et=1\r\n"
    "\r\n"
    "[ other ]\n"
    "aws_access_key_id\t=\tAKID2 # of the other\n"
    "aws_secret_access_key = s#2;x ; a comment\n"
    "aws_session_token = token==\n"
    "[empty]\n";

TEST(AwsProfile, IsReadFromTheCredentialsFile) {
    const AwsProfile first = parse_aws_profile(kCredentials, AwsFile::credentials, "default");
    const AwsProfile other = parse_aws_profile(kCredentials, AwsFile::credentials, "other");

    EXPECT_TRUE(first.is_there);
    EXPECT_EQ(first.keys.access_key_id, "AKID1");
    EXPECT_EQ(first.keys.secret_access_key, "se/cr+et=1");
    EXPECT_EQ(first.keys.session_token, "");
    EXPECT_EQ(other.keys.access_key_id, "AKID2");
    EXPECT_EQ(other.keys.secret_access_key, "s#2;x");
    EXPECT_EQ(other.keys.session_token, "token==");
}

TEST(AwsProfile, IsAbsentOrEmptyWhereTheFileSaysNothing) {
    EXPECT_FALSE(parse_aws_profile(kCredentials, AwsFile::credentials, "nobody").is_there);
    EXPECT_TRUE(parse_aws_profile(kCredentials, AwsFile::credentials, "empty").is_there);
    EXPECT_FALSE(parse_aws_profile("", AwsFile::credentials, "default").is_there);
}

TEST(AwsProfile, HasAnotherSectionNameInTheConfigFile) {
    constexpr std::string_view kConfig =
        "[default]\nregion = eu-west-1\n"
        "[profile work]\nregion=us-east-1\nrole_arn = arn:aws:iam::1:role/r\n"
        "s3 =\n  region = nested\n"
        "[work]\nregion = wrong\n"
        "[profilework]\nregion = wrong\n"
        "[sso-session work]\nregion = wrong\n";

    const AwsProfile work = parse_aws_profile(kConfig, AwsFile::config, "work");

    EXPECT_EQ(parse_aws_profile(kConfig, AwsFile::config, "default").region, "eu-west-1");
    EXPECT_EQ(work.region, "us-east-1");
    EXPECT_EQ(work.elsewhere, "role_arn");
}

TEST(AwsProfile, TakesTheLastOfEqualKeysAndGoesOnInASectionThatComesTwice) {
    constexpr std::string_view kTwice =
        "\xef\xbb\xbf[default]\naws_access_key_id = A\naws_access_key_id = B\n[x]\n"
        "aws_access_key_id = C\n[default]\naws_secret_access_key = S\nno equals sign\n[";

    const AwsProfile profile = parse_aws_profile(kTwice, AwsFile::credentials, "default");

    EXPECT_EQ(profile.keys.access_key_id, "B");
    EXPECT_EQ(profile.keys.secret_access_key, "S");
}

}  // namespace
}  // namespace pulse::net
